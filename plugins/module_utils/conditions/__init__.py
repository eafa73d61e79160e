# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether objects of the Kubernetes API are as their controllers want them, and the reasons where they are not.

Four functions are the interface; everything else serves them:

- :func:`judge.judge` (``item, now``): None where an object is as wanted, else a :class:`..waiting.missing.Row`. It
  reads nothing. :func:`related.judge_live` (``read, item, now``) is the same for kinds that other objects decide
  about: webhook configurations (endpoints of their services) and claims (binding mode of their StorageClass).
- :func:`expression.expression` (``text``): a rule for a custom resource by JMESPath, to be used instead of ``judge``.
- :func:`explain.explain` (``read, item``): rows with the reasons of an object that is not as wanted: pods and
  containers at fault, the last lines of their logs, events. At most :data:`reads.REQUESTS` requests.
- :func:`await_objects.await_objects` (``read, wanted, deadline``): the wait for many objects; see there.

``read(path)`` returns the JSON of a GET request as a dictionary, and None for status 404. It raises
:class:`errors.Unanswered` where there is no answer (no connection, status 5xx), and :class:`errors.Denied` for any
other error. ``read_text(path)`` is the same for plain text; without it no logs are read. ``kube.api.Api`` has both, as
``get`` and ``text``.

States are judged by the rules of ``kubectl rollout status`` and of kstatus (sigs.k8s.io/cli-utils, package
``pkg/kstatus/status``), with these differences, since a wait has a deadline of its own: a Job that runs is waited for;
a crash loop, a pod that cannot be scheduled, an exceeded progress deadline and the condition Stalled may still pass, so
they are shown and do not end a wait. What can never be reached raises :class:`errors.NeverReached`: a failed Job, and a
pod whose phase is Failed.
"""
