"""Solutions of the exercises, for after you have tried. Others may be just as right."""
