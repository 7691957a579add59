"""Text from files and file names, made safe to print: a terminal obeys what stands in it otherwise."""


def printable(text: str) -> str:
    """The text with an escape for whatever is not printable, line breaks included."""
    return text if text.isprintable() else "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
