"""One seeded world that runs the very same roles: people, the sample day, faults, the live view."""
