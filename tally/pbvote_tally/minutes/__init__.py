"""The official record of an election: procès-verbal, proces-verbaal, Niederschrift, minutes."""
