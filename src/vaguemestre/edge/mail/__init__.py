"""Mail as the outside thing: SMTP, POP3, TLS, and the same in memory."""
