"""The sub-commands of ``coord``, one module each: ``register(parser)`` adds its arguments, ``run(arguments)`` does the work and returns the exit code."""
