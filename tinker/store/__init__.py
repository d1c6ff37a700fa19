"""The trial store: what was asked for, what came out, and by which code on which machine.

Nothing is imported here, so that a module that needs `tinker.store.atomic` does not depend on all of the store.
"""
