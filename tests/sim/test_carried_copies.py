"""What an operator carried and forgot can still be searched by the auditor: the simulator keeps a bounded copy of it."""

from pathlib import Path

from mail_kit import each
from vaguemestre.audit.leaks import leaks_in
from vaguemestre.audit.secrets import Person, Secrets
from vaguemestre.core.mail.delivery import DeliveryOutcome
from vaguemestre.core.mail.envelope import make_envelope
from vaguemestre.edge.embedded_operator.copies import Copies, left_out_file
from vaguemestre.edge.embedded_operator.process import start_operator
from vaguemestre.edge.embedded_operator.settings import OperatorSettings

NIR = "1470135991002"
ADDRESS, PASSWORD = "cabinet@a.example", "mot de passe"


def test_a_message_in_clear_that_was_collected_is_still_found(tmp_path: Path) -> None:
    copies = tmp_path / "carried" / "a.eml"
    settings = OperatorSettings("a", ("a.example",), scrypt_cost=16)
    accounts = [(ADDRESS, PASSWORD)]
    with start_operator(tmp_path / "a", settings, accounts=accounts, copies=copies) as operator:
        leg = operator.sender(ADDRESS, PASSWORD)
        text = f"From: <{ADDRESS}>\r\nTo: <{ADDRESS}>\r\nSubject: x\r\n\r\n{NIR}\r\n".encode()
        assert leg.send(make_envelope(ADDRESS, (ADDRESS,), text)).outcome is DeliveryOutcome.ACCEPTED
        leg.close()
        taken = operator.collector(ADDRESS, PASSWORD).collect(each(lambda _uid, raw: NIR.encode() in raw))
        assert (taken.taken, taken.deleted) == (1, True)
        assert operator.figures().collected == 1
    secrets = Secrets([Person("7", (NIR,), "Castaing")])
    assert [(leak.place, leak.kind, leak.subject) for leak in leaks_in([copies.parent], secrets)] == [
        (str(copies), "nir", "7")
    ]


def test_copies_have_a_bound_and_what_is_left_out_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.eml"
    copies = Copies(path, bytes_max=1000)
    for _ in range(5):
        copies.keep(b"x" * 300)
    copies.close()
    assert path.stat().st_size == 3 * 304
    assert left_out_file(path).read_text("ascii") == "2"


def test_an_operator_that_serves_people_keeps_no_copy(tmp_path: Path) -> None:
    with start_operator(tmp_path / "a", OperatorSettings("a", ("a.example",), scrypt_cost=16)) as operator:
        assert operator.figures().sent == 0
    assert list(tmp_path.rglob("*.eml")) == []
