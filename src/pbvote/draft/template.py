"""What `pbvote new` writes: a commented election.toml and two example projects.

Comments are for officials; texts that voters read stand in the election's languages.
"""

from __future__ import annotations

from textwrap import dedent

PROJECTS = "projects.csv"


def election_toml(slug: str, year: int) -> str:
    """An example that is right as it is, to be edited; the poll is in November of that year."""
    return _ELECTION.replace("SLUG", slug).replace("YEAR", str(year))


EXAMPLE_PROJECTS = dedent(
    """\
    id,number,cost,title.fr,title.nl,title.de,title.en,district,place,description.fr,proposer,url
    verger,1,3200,Un verger partagé,Een gedeelde boomgaard,Ein gemeinsamer Obstgarten,A shared orchard,centre,Rue des Écoles,"Douze arbres fruitiers, des bancs.",École du centre,
    lavoir,2,12700.50,Le vieux lavoir,Het oude washuis,Das alte Waschhaus,The old wash-house,nord,Rue du Lavoir,Restaurer le toit et le bassin.,Les amis du lavoir,
    velos,3,8600,Des arceaux à vélos,Fietsenrekken,Fahrradbügel,Bicycle stands,centre,,Devant les commerces.,,
    """  # noqa: E501  a line a project
)

_ELECTION = dedent(
    """\
    # An election, as its commission writes it. Edit this file and the projects' spreadsheet,
    # then run `pbvote check` as often as you like. Once it is signed, nothing here counts any more.
    #
    # Names (slug, ids, boxes, registrars, trustees, districts): 1 to 64 letters, digits, . _ or -
    # Texts that voters read: one text, or a table with one a language.
    # Money: "20000" or "20000.50", in quotes; never in cents.
    # Times: local, of the time zone below; summer time is thought of.

    # The election's short name, in every key's name. Keys made under another slug can't be used.
    slug = "SLUG"
    title = { fr = "Budget participatif YEAR", nl = "Burgerbudget YEAR", de = "Bürgerhaushalt YEAR", en = "Participatory budget YEAR" }
    currency = "EUR"                          # ISO 4217
    languages = ["fr", "nl", "de", "en"]      # the first is what is shown where a text is missing
    time_zone = "Europe/Brussels"

    # Who votes online and in the hall: which ballot counts? "in-person" (the last in the hall),
    # "latest" (the newest card's), "first" (the oldest card's).
    supersede = "in-person"

    # Only if some contests are open to some districts only; otherwise remove this line, and the
    # column `district` of the spreadsheet may hold any text.
    districts = ["centre", "nord"]

    # Kept short for square codes, so in capitals; remove the # if there is such a page.
    # vote_url = "HTTPS://VOTE.EXAMPLE.BE"
    # receipt_url = "HTTPS://VOTE.EXAMPLE.BE/R"

    # Who hands out cards: the town hall's own desk (it writes the letters), desks in the halls.
    registrars = ["mairie", "salle"]

    # Screens show these times and warn; officials open and close.
    [opens]
    online = "YEAR-11-02 08:00"
    in-person = "YEAR-11-14 09:00"

    [closes]
    online = "YEAR-11-13 20:00"
    in-person = "YEAR-11-14 17:00"

    # The trustees keep the key together: `threshold` of them open the ballots, fewer can't.
    # They are numbered in this order. Choose people who wouldn't do wrong together.
    [ceremony]
    trustees = ["anne", "bruno", "chloe"]
    threshold = 2
    # How many must sign the closing. Without this line it is as many as it takes that one
    # trustee less than the threshold can't have two closings signed (here: 3).
    # closing_quorum = 3

    # The ballot boxes: one online, one for each kiosk.
    [[boxes]]
    name = "online"
    channel = "online"                        # "online" or "in-person"
    place = { fr = "en ligne", nl = "online", de = "online", en = "online" }

    [[boxes]]
    name = "kiosk-1"
    channel = "in-person"
    place = "Salle communale"

    # A contest is one envelope of money and its projects. Add another [[contests]] for another
    # envelope; each has a spreadsheet (CSV or XLSX) of its own.
    [[contests]]
    id = "commune"
    title = { fr = "Projets pour la commune", nl = "Projecten voor de gemeente", de = "Projekte für die Gemeinde", en = "Projects for the town" }
    budget = "20000"
    projects = "projects.csv"
    # districts = ["centre"]                  # who may vote in it; everybody without this line

    # The ballot, one of:
    #   { format = "approval", min = 1, max = 3 }         tick 1 to 3 projects (max = 1: choose one)
    #   { format = "knapsack" }                           tick projects while the money lasts
    #   { format = "points", total = 10, max_each = 5 }   give 10 points, at most 5 to a project
    #   { format = "ranking", max = 5 }                   rank up to 5, 1 is best
    #   { format = "grades", levels = 5 }                 grade each from 1 (worst) to 5 (best)
    ballot = { format = "approval", min = 1, max = 3 }

    # The counting rule and its parameters (docs/rules.md), one of:
    #   { name = "greedy", unaffordable = "skip", min_votes = 1 }      most votes first
    #   { name = "equal-shares", satisfaction = "cost", completion = "add-one-greedy" }
    #   { name = "majority-judgment", winners = 3 }                    best grades first, for "grades"
    #   { name = "borda" }                                             most points, for "ranking"
    #   { name = "most-votes", winners = 1 }                           one winner, whatever it costs
    # or greedy-per-cost, phragmen, maximin-support, best-total.
    # Amounts among the parameters are in the currency's smallest unit (cents).
    rule = { name = "greedy" }

    # How a tie is broken, in this order: "lower-cost", "higher-cost", "more-votes", "lot".
    ties = ["lower-cost", "lot"]

    # What every rule obeys (docs/rules.md, Limits); amounts in the smallest unit. For example:
    # limits = [
    #   { limit = "min-votes", votes = 20 },
    #   { limit = "at-most", category = "sport", projects = 2 },
    #   { limit = "exclusive", projects = ["bench", "tree"] },
    #   { limit = "required", projects = ["bench"] },
    # ]
    """  # noqa: E501  a TOML table in a line
)
