"""`python -m pipeline` is `gongwen`."""

from pipeline.cli import main

if __name__ == "__main__":
    main()
