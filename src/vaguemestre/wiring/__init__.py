"""From a state directory to a role's edges: configuration files are read here, and what they name is opened here.

Joins roles with edges for the command line and the simulator alike. Decides nothing and shows nothing.
"""
