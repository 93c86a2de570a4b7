"""What every screen of kiosk and desk has: frame, keys, languages, sizes, speech, scans."""
