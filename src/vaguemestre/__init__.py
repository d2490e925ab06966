"""Vaguemestre carries electronic care sheets to the insurer and brings the money and the answers back."""
