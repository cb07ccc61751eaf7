"""What a name, a label and a namespace may look like.

Names become parts of host names and of paths, so the rules are those of DNS. Each function answers with what is wrong, in the words of
the API server, or with an empty text.

Source: kubernetes, staging/src/k8s.io/apimachinery/pkg/util/validation/validation.go; RFC 1123.
"""

from __future__ import annotations

import re

LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
QUALIFIED = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
SERVICE = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")

_LABEL_SAYS = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric "
    "character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
_SUBDOMAIN_SAYS = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_SERVICE_SAYS = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an "
    "alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
)
_VALUE_SAYS = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
_QUALIFIED_SAYS = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. "
    "'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)


def label_problem(name: str) -> str:
    """What is wrong with the name of a namespace or container.

    >>> label_problem("my-name"), label_problem("x" * 64)
    ('', 'must be no more than 63 characters')
    """
    return _problem(name, LABEL, 63, _LABEL_SAYS)


def subdomain_problem(name: str) -> str:
    """What is wrong with the name of most objects."""
    return _problem(name, SUBDOMAIN, 253, _SUBDOMAIN_SAYS)


def service_problem(name: str) -> str:
    """What is wrong with the name of a Service: a label of DNS that begins with a letter."""
    return _problem(name, SERVICE, 63, _SERVICE_SAYS)


def label_value_problem(value: str) -> str:
    """What is wrong with the value of a label.

    >>> label_value_problem("a b")[:60]
    'a valid label must be an empty string or consist of alphanum'
    """
    return _problem(value, VALUE, 63, _VALUE_SAYS)


def qualified_name_problem(name: str) -> str:
    """What is wrong with the key of a label, taint or resource: a name, perhaps behind a domain and a slash.

    >>> qualified_name_problem("app.kubernetes.io/name"), qualified_name_problem("/x")
    ('', 'prefix part must be non-empty')
    """
    prefix, slash, last = name.rpartition("/")
    if slash and not prefix:
        return "prefix part must be non-empty"
    if "/" in prefix:
        return "a qualified name has at most one '/', after an optional DNS subdomain (e.g. 'example.com/MyName')"
    if slash and subdomain_problem(prefix):
        return f"prefix part {subdomain_problem(prefix)}"
    problem = _problem(last, QUALIFIED, 63, _QUALIFIED_SAYS) if last else "must be non-empty"
    return f"name part {problem}" if problem else ""


def _problem(text: str, form: re.Pattern[str], most: int, says: str) -> str:
    if len(text) > most:
        return f"must be no more than {most} characters"
    return "" if form.fullmatch(text) else says
