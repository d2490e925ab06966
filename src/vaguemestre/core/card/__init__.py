"""Whether the patient's card passes, and what it holds."""
