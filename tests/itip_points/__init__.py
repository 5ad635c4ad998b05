"""The checklist of invitations that every calendar understands: each point has its tests here, marked ``itip("2.7")``.

Section 1 is what we write, section 2 what we read. Where a point has several facts, each fact is a case. The rooms have
tests of their own for the how; these say that a point holds, through the codec or the whole mail. A house rule fails
when a point has no test, or a test cites no source.
"""
