"""`python -m offhold`."""

from offhold.cli import main

main()
