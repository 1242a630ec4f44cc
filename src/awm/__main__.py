"""`python -m awm`: the command line."""

from awm.cli import main

if __name__ == "__main__":
    main()
