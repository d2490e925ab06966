"""What is signed and sealed: contents, signed bytes and whom to believe. No cryptography is done here."""
