"""CalDAV (RFC 4791), with scheduling (RFC 6638) and synchronisation (RFC 6578) where a server has them."""
