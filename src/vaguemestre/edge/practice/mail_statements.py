"""The statements that reading and keeping mail run again and again, each compiled once."""

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from vaguemestre.edge.practice import rows
from vaguemestre.edge.practice.schema import answers, facts, inbox, seen_messages, ways
from vaguemestre.edge.practice.view import Prepared

_HEALTH_COLUMNS = ("state", "since", "next_try_at", "last_success_at", "failures", "reply")
HEALTHS = Prepared(select(ways.c.name, ways.c.leg, *(ways.c[name] for name in _HEALTH_COLUMNS)))
_NEW_HEALTH = sqlite_insert(ways).values({name: bindparam(name) for name in ("name", "leg", *_HEALTH_COLUMNS)})
SAVE_HEALTH = Prepared(
    _NEW_HEALTH.on_conflict_do_update(
        index_elements=[ways.c.name, ways.c.leg], set_={name: _NEW_HEALTH.excluded[name] for name in _HEALTH_COLUMNS}
    )
)
MAIL = Prepared(select(*rows.MAIL_COLUMNS, inbox.c.body).where(inbox.c.id == bindparam("mail")))
DIGEST = Prepared(select(inbox.c.digest).where(inbox.c.id == bindparam("mail")))
MAIL_BY_DIGEST = Prepared(select(inbox.c.id).where(inbox.c.digest == bindparam("named")))
IN_STATE = Prepared(select(inbox.c.id).where(inbox.c.state == bindparam("mail_state")).order_by(inbox.c.id))
SET_MAIL = Prepared(
    update(inbox)
    .where(inbox.c.id == bindparam("mail"))
    .values(
        state=bindparam("new_state"),
        applied_at=bindparam("at"),
        kind=bindparam("of_kind"),
        sender=bindparam("by"),
        finding_codes=bindparam("codes"),
        told=bindparam("said"),
    )
)
SEEN = Prepared(select(seen_messages.c.uid).where(seen_messages.c.way == bindparam("way")))
SEE = Prepared(
    sqlite_insert(seen_messages)
    .values({name: bindparam(name) for name in ("way", "uid", "inbox_id")})
    .on_conflict_do_nothing()
)
FORGET_SEEN = Prepared(delete(seen_messages).where(seen_messages.c.way == bindparam("way")))
ANSWER = Prepared(
    select(answers.c.id).where(
        answers.c.sender == bindparam("by"),
        answers.c.kind == bindparam("of_kind"),
        answers.c.reference == bindparam("under"),
    )
)
FACT = Prepared(select(facts.c.value).where(facts.c.name == bindparam("name")))
_NEW_FACT = sqlite_insert(facts).values(name=bindparam("name"), value=bindparam("value"))
SET_FACT = Prepared(
    _NEW_FACT.on_conflict_do_update(index_elements=[facts.c.name], set_={"value": _NEW_FACT.excluded.value})
)
