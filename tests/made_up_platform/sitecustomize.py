"""Takes from flopsbench what is Linux's alone, in each Python that is started with this folder in PYTHONPATH.

The real modules lose nothing: the standard library, psutil and numpy have ways of their own on other systems, and must
go on here by those of Linux. What flopsbench and its tests import instead are modules that lack the names in question,
so that asking for one is an AttributeError and importing it an ImportError, as it would be there; what they open below
/proc and /sys is not there. Nothing is made up in place of what is taken away but the name of the system.

Python imports it by itself, before anything else, and so does every Python that this one starts: see ``python`` beside
this file.
"""

import builtins
import errno
import os
import sys

MODULE = type(sys)
OURS = ("flopsbench", "tests", "__main__")
LIBRARY = sys.stdlib_module_names | {__name__}
PYTHON = os.path.join(os.path.dirname(os.path.abspath(__file__)), "python")

# Names, with a * where they are only the beginning of some: what no other system has, and SIGSTOP, which others have.
LINUX = {
    "os": ["sched_*", "memfd_create", "MFD_*", "pidfd_open", "eventfd*", "copy_file_range", "splice", "getrandom"],
    "signal": ["SIGSTOP", "SIGCONT", "pidfd_send_signal"],
    "select": ["epoll", "EPOLL*"],
}
# What Windows lacks as well, by what Python's documentation says of each: "Availability: Unix".
POSIX = {
    "os": [
        *("fork*", "killpg", "getpg*", "setpg*", "getsid", "setsid", "posix_*", "POSIX_*", "register_at_fork", "nice"),
        *("WNOHANG", "WUNTRACED", "WCONTINUED", "wait", "wait3", "wait4", "waitid", "openpty", "ttyname", "ctermid"),
        *("getuid", "geteuid", "getgid", "getegid", "getgroups", "getres*", "setuid", "setgid", "getpriority"),
        *("uname", "sysconf*", "getloadavg", "mkfifo", "mknod", "chown", "lchown", "fchown", "fchmod", "statvfs"),
        *(
            "pread*",
            "pwrite*",
            "readv",
            "writev",
            "lockf",
            "pipe2",
            "sync",
            "fdatasync",
            "sendfile",
            "chroot",
            "fchdir",
        ),
        *(
            "O_NONBLOCK",
            "O_NOFOLLOW",
            "O_NOCTTY",
            "O_CLOEXEC",
            "O_DIRECTORY",
            "O_ACCMODE",
            "set_blocking",
            "get_blocking",
        ),
    ],
    "signal": [
        *("SIGKILL", "SIGHUP", "SIGCHLD", "SIGALRM", "SIGPIPE", "SIGXFSZ", "SIGUSR1", "SIGUSR2", "SIGQUIT", "SIGTSTP"),
        *("SIG_BLOCK", "SIG_UNBLOCK", "SIG_SETMASK", "pthread_*", "alarm", "setitimer", "getitimer", "pause"),
        *("sigwait*", "sigpending", "siginterrupt"),
    ],
    "select": ["poll", "POLL*"],
    "socket": ["AF_UNIX"],
    "time": ["clock_*", "CLOCK_*"],
    **{name: ["*"] for name in ("resource", "fcntl", "pwd", "grp", "termios", "tty", "pty", "syslog")},
}


class Seen(MODULE):
    """A module without some of its names, and with others instead; all else is done to the real one.

    What is set there and not in here, pytest and mock take away again: then it is what it was.
    """

    def __init__(self, real, gone, instead):
        super().__init__(real.__name__, real.__doc__)
        self.__dict__.update(_real=real, _gone=gone, _was={}, **instead)

    def __getattr__(self, name):
        if self._is_gone(name):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r} on the made-up platform")
        return getattr(self._real, name)

    def __setattr__(self, name, value):
        if name in self.__dict__ or self._is_gone(name):
            super().__setattr__(name, value)
        else:
            if hasattr(self._real, name):
                self._was.setdefault(name, []).append(getattr(self._real, name))
            setattr(self._real, name, value)

    def __delattr__(self, name):
        if name in self.__dict__:
            super().__delattr__(name)
        elif self._was.get(name):
            setattr(self._real, name, self._was[name].pop())
        else:
            delattr(self._real, name)

    def __dir__(self):
        return [name for name in dir(self._real) if not self._is_gone(name)]

    def _is_gone(self, name):
        return any(name.startswith(gone[:-1]) if gone.endswith("*") else name == gone for gone in self._gone)


CHANGED = ("sys", "platform", "subprocess")


def instead_of(real):
    """What stands in the place of names of a module that is not only lacking."""
    if real.__name__ == "sys":
        return {"platform": "made-up", "executable": PYTHON}
    if real.__name__ == "platform":
        return {"system": lambda: "MadeUp"}
    if real.__name__ == "subprocess" and os.environ.get("MADE_UP_PLATFORM") == "bare":
        return {"Popen": without_descriptors(real.Popen)}
    return {}


def without_descriptors(popen):
    """A Popen that hands on no descriptors: it says what that of Windows says."""

    class Popen(popen):
        def __init__(self, *arguments, pass_fds=(), **options):
            assert not pass_fds, "pass_fds not supported on Windows."
            super().__init__(*arguments, **options)

    return Popen


def take_away(*tables):
    """Let flopsbench import modules that lack the names of these tables."""
    gone, seen, real_import = {}, {}, builtins.__import__
    for table in tables:
        for module, names in table.items():
            gone[module] = [*gone.get(module, ()), *names]

    def importing(name, globals=None, locals=None, fromlist=(), level=0):
        found = real_import(name, globals, locals, fromlist, level)
        if level or not is_ours((globals or {}).get("__name__")):
            return found
        lacks = gone.get(found.__name__, ())
        if lacks == ["*"]:
            raise ModuleNotFoundError(f"No module named {name!r} on the made-up platform", name=name)
        if found.__name__ not in seen and (lacks or found.__name__ in CHANGED):
            seen[found.__name__] = Seen(found, lacks, instead_of(found))
        return seen.get(found.__name__, found)

    builtins.__import__ = importing


def is_ours(name):
    return isinstance(name, str) and name.partition(".")[0] in OURS


def hide_trees():
    """Let flopsbench find nothing below /proc and /sys, whichever function of the standard library it asks."""
    for look in (os.stat, os.lstat):
        looking = hiding(look)
        for able in (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks):
            able |= {looking} if look in able else set()
        setattr(os, look.__name__, looking)
    sys.addaudithook(lambda event, arguments: event in ("open", "os.listdir", "os.scandir") and hide(*arguments[:1]))


def hiding(look):
    def looking(path, *arguments, **options):
        hide(path)
        return look(path, *arguments, **options)

    return looking


def hide(path="."):
    """Raise FileNotFoundError for a path below one of the trees, where flopsbench asks."""
    path = os.fspath(path) if isinstance(path, (str, os.PathLike)) else ""
    if isinstance(path, str) and f"{path}/".startswith(("/proc/", "/sys/")) and is_ours(asking()):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)


def asking():
    """The name of the module that asks the standard library for something."""
    frame = sys._getframe(1)
    while frame and frame.f_globals.get("__name__", "").partition(".")[0] in LIBRARY:
        frame = frame.f_back
    return frame.f_globals.get("__name__") if frame else None


if "MADE_UP_PLATFORM" in os.environ:
    hide_trees()
    take_away(LINUX, *([POSIX] if os.environ["MADE_UP_PLATFORM"] == "bare" else []))
