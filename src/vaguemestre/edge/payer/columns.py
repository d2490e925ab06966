"""Columns that the payer's tables share, and the metadata in which they all stand."""

from sqlalchemy import CheckConstraint, Column, Integer, LargeBinary, MetaData, Text

METADATA = MetaData()


def id_column() -> Column[int]:
    """A row number that is never given twice while the row stays."""
    return Column("id", Integer, primary_key=True)


def text_column(name: str, *, null: bool = False) -> Column[str]:
    """Text; instants are ISO 8601 in UTC, days ISO dates."""
    return Column(name, Text, nullable=null)


def cents_column(name: str) -> Column[int]:
    """An amount in whole cents, never below zero."""
    return Column(name, Integer, CheckConstraint(f"{name} >= 0"), nullable=False)


def integer_column(name: str, *, null: bool = False) -> Column[int]:
    """A whole number."""
    return Column(name, Integer, nullable=null)


def bytes_column(name: str, *, null: bool = False) -> Column[bytes]:
    """An encrypted body, a blind index, or a digest."""
    return Column(name, LargeBinary, nullable=null)
