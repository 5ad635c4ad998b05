"""What revision 0001 creates, by noun: its tables as they stood then, whatever they have become since."""
