"""Seconds per megabyte of reading commands from generated files, ordinary and hostile, in growing sizes: each has to stay about level.

Usage: python benchmarks/bounded_inputs.py [NAME …] [--sizes 0.25 0.5 1 2] [--limit 60]

Every file is read in a process of its own; its peak memory is printed, too. A file that takes more than `--limit` seconds is given up.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import count

MEGABYTE = 1_000_000
PIP = "pip install numpy==1.{}"


def repeated(line: str) -> Callable[[int], str]:
    """Lines of one form, each with another number, up to a size."""

    def lines(size: int) -> str:
        parts, length = [], 0
        for number in count():
            part = line.replace("{}", str(number))
            parts.append(part)
            length += len(part)
            if length >= size:
                return "".join(parts)
        raise AssertionError

    return lines


def within(start: str, line: str, end: str = "") -> Callable[[int], str]:
    """Repeated lines between a beginning and an end."""
    lines = repeated(line)
    return lambda size: start + lines(size) + end


def notebook(cell: Callable[[int], list[str]], outputs: Callable[[int], str] = lambda _size: "") -> Callable[[int], str]:
    """A notebook of code cells."""

    def text(size: int) -> str:
        cells = [
            {"cell_type": "code", "source": source, "outputs": [{"data": {"image/png": outputs(size)}}], "metadata": {}}
            for source in cell(size)
        ]
        return json.dumps({"cells": cells, "metadata": {"kernelspec": {"language": "python"}}, "nbformat": 4})

    return text


STEP = "      - run: |\n          set -e\n          pip install numpy=={}\n"
INPUTS: dict[str, tuple[str, Callable[[int], str]]] = {
    "script, other commands": ("a.sh", repeated("run_{} --with 'an argument' \"$HOME/{}\" | tee log\n")),
    "script, installs": ("a.sh", repeated(PIP + ' && echo "installed $NAME"\n')),
    "script, one line": ("a.sh", repeated("pip install x{}; ")),
    "script, variables": ("a.sh", repeated('A{}="$A pip install"; $A{} x\n')),
    "script, functions": ("a.sh", repeated('f{}() { "$@"; }; f{} pip install x\n')),
    "script, nested shells": ("a.sh", repeated("bash -c \"sudo sh -c 'pip install x{}'\"\n")),
    "script, here-documents": ("a.sh", repeated("cat <<EOF | bash\npip install x{}\nEOF\n")),
    "script, open here-documents": ("a.sh", repeated("bash <<EOF{}\npip install x\n")),
    "script, open quotes": ("a.sh", repeated("pip install 'x{} \"\n")),
    "script, open brackets": ("a.sh", repeated("( pip install x{}\n")),
    "script, open substitutions": ("a.sh", repeated("$(pip install ")),
    "script, open blocks": ("a.sh", repeated("if pip install x{}; then\n")),
    "script, open cases": ("a.sh", repeated("case x in pip install) ")),
    "script, closing brackets": ("a.sh", repeated("pip install x{} )\n")),
    "script, backslashes": ("a.sh", repeated("\\pip install\\\n")),
    "script, pipes": ("a.sh", repeated("pip install x{} |\n")),
    "script, backticks": ("a.sh", repeated("`pip install x{}\n")),
    "script, redirections": ("a.sh", repeated("<<< pip install > >> < ")),
    "script, expansions": ("a.sh", repeated("${A:-${B:-pip install ")),
    "script, no ASCII": ("a.sh", repeated("echo 'é😀'; pip install 'ü{}'\n")),
    "Dockerfile": ("Dockerfile", within("FROM x\n", "RUN set -e && \\\n    # note\n    pip install x{}\n")),
    "Dockerfile, one instruction": ("Dockerfile", within("FROM x\nRUN true", " && \\\n  pip install x{}")),
    "Dockerfile, exec form": ("Dockerfile", within("FROM x\n", 'RUN ["pip", "install", "x{}"]\n')),
    "Dockerfile, here-documents": ("Dockerfile", within("FROM x\n", "RUN bash <<EOF\npip install x{}\nEOF\n")),
    "Dockerfile, errors": ("Dockerfile", within("FROM x\n", "RUN <<EOF pip install {{ x }}\n")),
    "Dockerfile, stages": ("Dockerfile", repeated("FROM x AS s{}\nENV A{}=pip\nRUN $A{} install x\n")),
    "workflow": (".github/workflows/a.yml", within("jobs:\n  a:\n    steps:\n", STEP)),
    "workflow, one script": (".github/workflows/a.yml", within("jobs:\n  a:\n    steps:\n      - run: |\n", "          pip install x{} ${{ x }}\n")),
    "workflow, PowerShell": (".github/workflows/a.yml",
                             within("jobs:\n  a:\n    steps:\n    - shell: pwsh\n      run: |\n", "          if ($x) { pip install 'x{}' }\n")),
    "GitLab, aliases": (".gitlab-ci.yml", within(".a: &a\n  script: [pip install x]\n", "j{}: *a\n")),
    "Makefile": ("Makefile", within("PIP = $(PY) -m pip\nall:\n", "\t$(PIP) install x{} $$Y\n")),
    "Makefile, variables": ("Makefile", within("all:\n\t$(A1) install\n", "A{} = $(B{}) pip install\n")),
    "justfile": ("justfile", within("all:\n", "    pip install {{x}} {}\n")),
    "batch": ("a.bat", repeated("if exist x{} (call pip install %X% ^\n y)\n")),
    "PowerShell, open quotes": ("a.ps1", repeated("pip install \"x{} @'\n")),
    "Python, calls": ("a.py", repeated("subprocess.run([sys.executable, '-m', 'pip', 'install', 'x{}'])\n")),
    "Python, variables": ("a.py", repeated("c{} = ['pip', 'install']\nrun(c{})\n")),
    "Python, one variable": ("a.py", repeated("c = ['pip', 'install', 'x{}']\nrun(c)\n")),
    "Python, one list": ("a.py", within("run(['pip', 'install'", ", 'x{}'", "])\n")),
    "Python, messages": ("a.py", repeated("m{} = 'pip install x'\nraise E(m{})\n")),
    "Python, open brackets": ("a.py", repeated("run(install")),
    "Python, growing values": ("a.py", repeated("a = a + 'pip install ' + a\nrun(a)\n")),
    "TOML": ("pyproject.toml", within("[tool.pdm.scripts]\n", 'a{} = "pip install x"\n')),
    "tox": ("tox.ini", within("[testenv]\ncommands =\n", "    pip install x{}\n")),
    "devcontainer": ("devcontainer.json", within('{"postCreateCommand": {', '"a{}": "pip install x", // "\n', "}}")),
    "notebook, output": ("a.ipynb", notebook(lambda _size: ["!pip install x"], lambda size: "iVBORw0KGgo" * (size // 11))),
    "notebook, cells": ("a.ipynb", notebook(lambda size: [f"!pip install x{number}" for number in range(size // 110)])),
    "notebook, one cell": ("a.ipynb", notebook(lambda size: ["".join(f"!pip install x{number}\n" for number in range(size // 22))])),
    "notebook, Python": ("a.ipynb", notebook(lambda size: ["x = 1\n" * (size // 7) + "run('pip install x')"])),
    "notebook, open quotes": ("a.ipynb", notebook(lambda size: ["print('\"\"\" pip install\n" * (size // 27)])),
}  # fmt: skip


def measured(name: str, size: int, limit: int) -> tuple[float, int] | None:
    """Seconds and peak kilobytes of reading one input in a process of its own; None when it was given up."""
    command = [sys.executable, __file__, "--one", name, "--sizes", str(size)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=True)
    except subprocess.TimeoutExpired:
        return None
    seconds, memory = done.stdout.split()
    return float(seconds), int(memory)


def read(name: str, size: int) -> None:
    """Reads one input and prints seconds and peak kilobytes."""
    from policy_checks import workspace
    from policy_checks.readers.commands import COMMANDS
    from policy_checks.readers.shell import ShellCommand

    path, text = INPUTS[name]
    files = workspace.in_memory({path: text(size)})
    start = time.perf_counter()
    found = files.all(COMMANDS, ("install",))
    for subject in found:
        if isinstance(subject, ShellCommand):
            _ = subject.place.line
    print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def main() -> None:
    """Prints a line for each input."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--sizes", type=float, nargs="+", default=[0.25, 0.5, 1, 2])
    parser.add_argument("--limit", type=int, default=60)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        read(arguments.one, int(arguments.sizes[0]))
        return
    print(f"{'seconds per MB at … MB':40}" + "".join(f"{size:9g}" for size in arguments.sizes) + "   peak MB")
    for name in INPUTS:
        if not arguments.names or any(wanted in name for wanted in arguments.names):
            shown, memory = "", 0
            for size in arguments.sizes:
                found = measured(name, int(size * MEGABYTE), arguments.limit)
                shown += f"{found[0] / size:9.2f}" if found else f"{'—':>9}"
                memory = found[1] // 1000 if found else memory
                if found is None:
                    break
            print(f"{name:40}{shown:36}{memory:10}", flush=True)


if __name__ == "__main__":
    main()
