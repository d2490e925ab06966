"""The payer's decisions: intake, adjudication, ledger, register, and the patient's statement."""
