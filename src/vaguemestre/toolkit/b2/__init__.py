"""B2 files for anyone: checked, shown, compared, made anonymous, converted."""
