"""A platform that nobody has, without what is Linux's alone: see ``sitecustomize`` beside this.

    python -m tests.made_up_platform [--without-posix] -m pytest -m fast
    python -m tests.made_up_platform [--without-posix] -m flopsbench run

What follows is for Python. With ``--without-posix`` the platform lacks what Windows lacks, too.
"""
