"""The toolkit: anyone's B2 and NOEMIE files read, checked, shown, converted. No state, no network, flat memory."""
