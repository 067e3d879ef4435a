"""Programs that checkers read are no tests themselves."""

collect_ignore = ["good.py", "wrong.py"]
