"""The independent auditor: reads what people did, the wires and the stores. Imports no role and shares no state with one."""
