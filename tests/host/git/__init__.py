"""Tests of how git is asked, and of what is brought into a checkout."""
