"""NOEMIE returns: read anyone's, check, show, convert. The dictionary of entities is unconfirmed: findings say so."""
