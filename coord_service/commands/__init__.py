"""The sub-commands of ``coord``, one module each.

``register(parser)`` adds the arguments; ``run(arguments)`` does the work and returns the exit code.
"""
