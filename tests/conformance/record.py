"""Runs one file of CPython's test suite and writes each method's outcome as a line of JSON.

    weft record.py OUTPUT test_bool

A "start" line comes before each method, so that a crash or a hang can be laid to the method that caused it.
"""

import json
import sys
import unittest


class Recorder(unittest.TestResult):
    """Writes outcomes as they come."""

    def __init__(self, out):
        super().__init__()
        self.out = out
        self.outcome = None

    def write(self, **fields):
        self.out.write(json.dumps(fields) + '\n')
        self.out.flush()

    def startTest(self, test):
        super().startTest(test)
        self.outcome = None
        self.write(start=test.id())

    def note(self, status, reason):
        order = ['skip', 'pass', 'fail', 'error']
        if self.outcome is None or order.index(status) > order.index(self.outcome[0]):
            self.outcome = (status, reason)

    def addSuccess(self, test):
        self.note('pass', '')

    def addSkip(self, test, reason):
        if self.outcome is None and not hasattr(test, '_testMethodName'):
            self.write(id=test.id(), status='skip', reason=str(reason)[:200])
        self.note('skip', str(reason)[:200])

    def addExpectedFailure(self, test, err):
        self.note('pass', '')

    def addUnexpectedSuccess(self, test):
        self.note('fail', 'unexpected success')

    def failed(self, status, test, err):
        reason = f'{err[0].__name__}: {err[1]}'[:200]
        if hasattr(test, '_testMethodName'):
            self.note(status, reason)
        else:
            self.write(id=test.id(), status=status, reason=reason)

    def addFailure(self, test, err):
        self.failed('fail', test, err)

    def addError(self, test, err):
        self.failed('error', test, err)

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.failed('fail' if issubclass(err[0], test.failureException) else 'error', test, err)

    def stopTest(self, test):
        super().stopTest(test)
        status, reason = self.outcome or ('pass', '')
        self.write(id=test.id(), status=status, reason=reason)


def main():
    output, name = sys.argv[1:]
    sys.argv = [name]
    with open(output, 'w', encoding='utf-8', errors='backslashreplace') as out:
        result = Recorder(out)
        try:
            suite = unittest.defaultTestLoader.loadTestsFromName('test.' + name)
        except unittest.SkipTest as e:
            result.write(id=name, status='skip', reason=str(e)[:200])
            return
        suite.run(result)
        result.write(done=True)


main()
