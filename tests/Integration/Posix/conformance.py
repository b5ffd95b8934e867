"""What POSIX and Linux say of file system calls, tried on one directory: conformance.py DIRECTORY [NAME-PART].

Each case is a function of the modules beside this; it gets names in the directory that nothing has used. Prints one line a failure, then
"N cases, N failed". Needs root: cases about permissions run in a child of uid 65534.
"""
import inspect
import os
import sys

sys.dont_write_bytecode = True

import changing  # noqa: E402: after the line above
import naming  # noqa: E402
import opening  # noqa: E402
import renaming  # noqa: E402


def line_of(fault, module):
    lines = []
    at = fault.__traceback__
    while at:
        if at.tb_frame.f_code.co_filename == module.__file__:
            lines.append(at.tb_lineno)
        at = at.tb_next
    return lines[-1]


def main():
    part = sys.argv[2] if len(sys.argv) > 2 else ""
    cases = [(module, name, case) for module in (opening, naming, renaming, changing)
             for name, case in inspect.getmembers(module, inspect.isfunction)
             if case.__module__ == module.__name__ and not inspect.signature(case).parameters and part in name]
    os.umask(0o022)
    failed = 0
    for module, name, case in cases:
        try:
            case()
        except Exception as e:
            failed += 1
            print("%s.%s, line %d: %s: %s" % (module.__name__, name, line_of(e, module), type(e).__name__, e), flush=True)
    print("%d cases, %d failed" % (len(cases), failed))
    return 1 if failed else 0


sys.exit(main())
