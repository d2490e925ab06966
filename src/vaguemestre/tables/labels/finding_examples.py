"""Values that fill the message of a finding code when it is explained with an example. All of them are invented.

`BY_CODE` for codes whose numbers must make sense together; `ANY_CODE` for what means the same everywhere. What neither has is shown
between angle marks.
"""

_CARE_DATE = {"field": "[0470]", "label": "Date des soins"}
_TOTAL = {"field": "[0558]", "label": "Total honoraires facturés"}

BY_CODE: dict[str, dict[str, str]] = {
    "F005": {"found": "127", "expected": "128"},
    "F006": {"found": "129", "expected": "128"},
    "F007": {"found": "512", "offset": "1793"},
    "B001": {"found": "4Z"},
    "B002": {"field": "[0481]", "label": "Quantité", "found": "1A"},
    "B003": {"field": "[0476]", "label": "Code acte", "found": "amié"},
    "B004": {"field": "[0466]", "label": "Zone tarif", "found": "  "},
    "B005": {**_CARE_DATE, "found": "220230"},
    "B006": {"field": "[0239]", "label": "Nature d'opération", "found": "2", "expected": "1"},
    "B007": {"field": "[0277]", "label": "Nature d'assurance", "found": "77", "expected": "10 13 30 41 90"},
    "B008": _CARE_DATE,
    "B009": {"field": "[4S124]", "label": "Domaine d'activité"},
    "B010": {"field": "[04123]", "label": "Montant remboursable organisme complémentaire", "expected": "6"},
    "B011": {"field": "[0483]", "label": "Coefficient"},
    "B020": {"found": "4", "after": "2"},
    "B021": {"found": "4M", "expected": "26"},
    "B022": {"found": "1000", "expected": "999"},
    "B023": {"field": "[0412]", "label": "Matricule de l'assuré"},
    "B024": {"found": "2", "expected": "1"},
    "B025": {"found": "7", "expected": "3"},
    "B026": {**_TOTAL, "found": "2400", "expected": "2500"},
    "B027": {"first": "3"},
    "B031": {"found": "3", "expected": "2"},
    "B032": {"found": "1", "expected": "0"},
    "B033": {"field": "[6:25]", "found": "5001", "expected": "5000"},
    "B034": {"found": "002", "expected": "001"},
    "B035": {"found": "921", "expected": "751"},
    "B041": {"found": "17", "expected": "16"},
    "B042": {"found": "2", "expected": "1"},
    "B043": {"field": "[999:50]", "label": "Identification du fichier"},
    "B044": {"found": "42", "expected": "3500"},
    "B050": {"found": "3"},
    "B060": {"found": "294", "expected": "153", "lost": "152", "offset": "417"},
    "B061": {"found": "777", "lost": "20", "offset": "417"},
    "B062": {"found": "210", "after": "040"},
    "B064": {"field": "[990:31]", "found": "1750", "expected": "3500"},
    "B065": {"field": "[990:23]", "found": "1", "expected": "2"},
    "B066": {"found": "R", "paid": "1750"},
    "I002": {"found": "12", "expected": "40"},
}

ANY_CODE: dict[str, str] = {
    "act": "AMI",
    "billing_number": "751990110",
    "care_on": "2022-04-27",
    "day": "2022-04-27",
    "deadline": "2022-05-09",
    "file": "lot.b2",
    "fund": "01 751",
    "invoice": "221170001",
    "lot": "2022-04-27/001",
    "on": "2022-04-27",
    "path": "lot.b2",
    "port": "2525",
    "record": "5",
    "rpps": "10000000017",
    "sheet": "751990110/2022-04-27/0001",
    "specialty": "24",
    "station": "751990110-01",
    "way": "a",
}
