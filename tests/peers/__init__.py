"""Against the servers that councils run, from Debian: outside the ordinary tests, since they are installed as root.

``make peers`` installs what is missing, and says so first; ``make peers PEER=mail`` runs ``test_mail.py`` alone. A
newcomer adds a name and its packages here, and a ``test_NAME.py`` that starts the server itself, in a temporary folder
and on high ports of loopback: never the system's own instance.
"""

PACKAGES = {
    "cyrus": ("cyrus-caldav", "sasl2-bin"),
    "mail": ("postfix", "dovecot-imapd", "dovecot-lmtpd"),
}
