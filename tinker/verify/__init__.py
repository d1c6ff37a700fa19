"""The correctness battery: what must hold of every arm, whatever it is made of, before its numbers mean anything.

A check is one function in `checks/`, and `battery.CHECKS` is the list of them. Checks compute on the CPU in fp32 or
double, whatever the arm trains on. A plugin's variant is held to the same list; what its Config may say for it:

    def parameters(self, *constructor_arguments) -> int     how many parameters one module of it has
    def off(self, model) -> tuple[Config, Config]           two choices for its slot that must compute the same: its own
                                                            values that switch it off, and what is there without it
"""
