"""Code blocks of reStructuredText documents."""

import pytest

from tests.readers.test_markdown import shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Run it::\n\n    $ a b\n    c d\n\nText c d.\n", ["a b", "c d"]),
        ("Run it:\n\n::\n\n  a b\n", ["a b"]),
        ("::\n\n> a b\n", ["a b"]),
        (".. code-block:: bash\n   :linenos:\n\n   a b\n", ["a b"]),
        (".. code-block:: console\n\n   $ a b\n   output here\n", ["a b"]),
        (".. code::\n\n   a \\\n     b\n", ["a \\\n     b"]),
        (".. sourcecode:: sh\r\n\r\n   a b\r\n", ["a b"]),
        (".. prompt:: bash $\n\n   a b\n", ["a b"]),
        (".. parsed-literal::\n\n   a |name|\n", ["a", "name"]),
        ("* item\n\n  .. code:: sh\n\n     a b\n\n  then::\n\n     c d\n", ["a b", "c d"]),
        (".. note::\n\n   Text a b.\n\n   .. code:: sh\n\n      a b\n", ["a b"]),
        (".. tabs::\n\n   .. tab:: x\n\n      .. code:: sh\n\n         a b\n", ["a b"]),
        (".. list-table::\n\n   * - x\n     - .. code:: sh\n\n          a b\n", ["a b"]),
        (".. code-block:: python\n\n   def f():\n       os.system('a b')\n", ["a b"]),
        (".. code-block:: yaml\n\n   - run: a b\n", ["a b"]),
        (".. highlight:: python\n\n::\n\n   f(1)\n", []),
        ("Text with ``a b``, and\n\n.. a b\n\n| a b\n", []),
        (".. raw:: html\n\n   a b\n", []),
        (".. include:: /etc/passwd\n\n.. csv-table::\n   :file: /etc/passwd\n", []),
        ("é::\n\n   ü a b\n", ["ü a b"]),
        ("", []),
    ],
)
def test_blocks(text: str, expected: list[str]) -> None:
    assert shown("docs/install.rst", text) == expected


def test_directives_in_directives_end() -> None:
    text = "".join(f"{'   ' * depth}.. note::\n\n" for depth in range(60)) + "   " * 60 + ".. code:: sh\n\n" + "   " * 61 + "a b\n"
    assert shown("a.rst", text) == []
