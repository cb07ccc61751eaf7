"""The laws of the house as functions: from the parsed source of a package to sentences about what breaks a law.

Read in this order: `source` (a module as it is read), `floors` (which way imports go), `purity` (machines without a world), `shape` (what a
file looks like). tests/test_architecture.py holds them to the package, and each of them to a planted violation.
"""
