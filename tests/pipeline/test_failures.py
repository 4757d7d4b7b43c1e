import errno
import pickle

import pytest

from mslens.core.errors import GridMismatch
from mslens.pipeline.failures import describe_problem


def test_an_error_of_ours_keeps_its_parts():
    error = GridMismatch("the mask is small", where="/x/m.nii", expected="large", cure="Resample")
    problem = describe_problem(error)
    assert (problem.kind, problem.what, problem.where) == (
        "GridMismatch",
        "the mask is small",
        "/x/m.nii",
    )
    assert str(problem) == str(error)


@pytest.mark.parametrize(
    ("error", "what", "cure"),
    [
        (OSError(errno.ENOSPC, "no space", "/secret"), "the disk is full", "Free space"),
        (OSError(errno.EDQUOT, "quota", "/secret"), "the disk is full", "Free space"),
        (OSError(errno.EFBIG, "too large", "/secret"), "larger than this account", "ulimit"),
        (PermissionError(errno.EACCES, "denied", "/secret"), "permission denied", "rights"),
        (OSError(errno.EROFS, "read-only", "/secret"), "permission denied", "rights"),
        (MemoryError("/secret"), "not enough memory", "--nprocs"),
        (KeyError("/secret"), "unexpected KeyError", "bug"),
        (OSError(errno.EIO, "bad disk", "/secret"), "unexpected OSError", "bug"),
    ],
)
def test_a_foreign_error_is_told_in_plain_words_and_its_text_kept_apart(error, what, cure):
    problem = describe_problem(error)
    assert what in problem.what
    assert cure in problem.cure
    assert "secret" not in f"{problem.what} {problem.expected} {problem.cure}"
    assert "secret" in problem.detail
    assert "secret" in str(problem)


def test_a_problem_travels_though_its_error_could_not():
    class Local(Exception):
        def __reduce__(self):
            raise TypeError("cannot travel")

    problem = describe_problem(Local("text"))
    assert pickle.loads(pickle.dumps(problem)) == problem
