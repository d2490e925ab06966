"""The people of a simulated world: patients with their rights, and the practices with who works there.

Everybody is invented: every commune number is in 990-999, which no commune bears (vgm:demo-people).
"""

from dataclasses import replace
from datetime import date, timedelta
from random import Random

from vaguemestre.core.caresheet import Beneficiary, BirthDate, Exemption
from vaguemestre.core.identifiers import make_nir
from vaguemestre.core.parties import Destination
from vaguemestre.core.values import dataclass

GENERAL_FUND = Destination("01", "751", "0000")
AGRICULTURAL_FUND = Destination("02", "922", "0000")
_REPLACEMENTS = 500_000
FUNDS = (GENERAL_FUND, AGRICULTURAL_FUND)

_FIRST_NAMES = (
    ("Camille", 2), ("Hugo", 1), ("Inès", 2), ("Louis", 1), ("Fatou", 2), ("Mehdi", 1), ("Jeanne", 2), ("Tomas", 1),
    ("Léa", 2), ("Paul", 1), ("Nour", 2), ("Yann", 1), ("Rose", 2), ("Émile", 1), ("Anaïs", 2), ("Karim", 1),
)  # fmt: skip
_LAST_NAMES = (
    "Bourdelais", "Castaing", "Delvincourt", "Etcheverry", "Fauvelle", "Guillemot", "Hérouard", "Jaffrelot", "Kermadec",
    "Lamoureaux", "Montcharmin", "Navarrin", "Ombredane", "Pontavice", "Quintrec", "Rochebrune", "Sauvageot", "Tavernol",
    "Ursulin", "Vauquelain",
)  # fmt: skip
_DEPARTMENTS = ("75", "69", "13", "59", "2A", "2B", "33", "67", "974", "35")


@dataclass(frozen=True, slots=True)
class Person:
    """One patient, with what the payer knows of their rights and what their card says."""

    number: int
    last_name: str
    first_name: str
    beneficiary: Beneficiary
    destination: Destination
    rights_from: date = date(2015, 1, 1)
    rights_to: date | None = None
    exemption: Exemption = Exemption.NONE
    pregnancy_presumed_on: date | None = None
    complementary_body: str = ""
    card_issued_on: date = date(2019, 3, 1)
    card_updated_on: date = date(2022, 1, 10)
    opposed: bool = False
    moved_to: Destination | None = None  # the fund that serves this person today, when the card still names the old one
    moved_on: date | None = None
    closed_on: date | None = None  # first day without rights, which the card does not know

    @property
    def card_serial(self) -> str:
        """Ten digits: never the NIR."""
        return f"{8_000_000_000 + self.number}"

    def replacement_card(self) -> "Person":
        """The same person with the new card that replaces an opposed one."""
        made_on = date(2022, 4, 25)
        return replace(
            self,
            number=self.number + _REPLACEMENTS,
            opposed=False,
            card_issued_on=made_on,
            card_updated_on=made_on,
        )

    @property
    def label(self) -> str:
        """The name as the practice writes it in its own diary."""
        return f"{self.last_name} {self.first_name}"

    def told_to_auditor(self) -> dict[str, object]:
        """Who this person is, as the auditor has to know: so that nobody else can read it anywhere."""
        who = self.beneficiary
        cards = (self, self.replacement_card()) if self.opposed else (self,)
        return {
            "subject": str(self.number),
            "nirs": [nir for nir in (who.insured_nir, who.nir) if nir],
            "last_name": self.last_name,
            "first_name": self.first_name,
            "birth_date": who.birth_date.iso(),
            "cards": [card.card_serial for card in cards],
        }

    def age_on(self, day: date) -> int:
        return self.beneficiary.birth_date.age_on(day)


def make_person(random: Random, number: int) -> Person:
    """An ordinary adult with open rights; about one in eight under long-term illness, one in three complementary."""
    first_name, sex = _FIRST_NAMES[number % len(_FIRST_NAMES)]
    birth = date(1935, 1, 1) + timedelta(days=random.randrange(365 * 68))
    department = random.choice(_DEPARTMENTS)
    commune = 90 + random.randrange(10) if len(department) == 3 else 990 + random.randrange(10)
    nir, key = make_nir(sex, birth.year, birth.month, department, commune, 1 + number % 999)
    return Person(
        number=number,
        last_name=_LAST_NAMES[(number // 7) % len(_LAST_NAMES)],
        first_name=first_name,
        beneficiary=Beneficiary(nir, key, BirthDate(birth.year, birth.month, birth.day)),
        destination=FUNDS[0] if random.random() < 0.75 else FUNDS[1],
        exemption=Exemption.LONG_TERM_ILLNESS if random.random() < 0.125 else Exemption.NONE,
        complementary_body=f"{75_000_000 + random.randrange(9)}" if random.random() < 0.33 else "",
    )


def make_people(seed: int, count: int) -> list[Person]:
    """`count` ordinary people, all with different NIRs; the same for one seed."""
    random = Random(seed)
    people: list[Person] = []
    taken: set[str] = set()
    while len(people) < count:
        person = make_person(random, len(people) + 1)
        if person.beneficiary.insured_nir not in taken:
            taken.add(person.beneficiary.insured_nir)
            people.append(person)
    return people
