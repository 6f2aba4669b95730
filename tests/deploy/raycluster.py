"""What may stand in a RayCluster, as JSON Schema, where it is not a pod's template: those are Kubernetes' own.

Source: the types of KubeRay 1.6 (ray.io/v1), from which its CustomResourceDefinition is generated. Nothing else may
stand there, as where the definition is applied strictly (`kubectl --validate=strict`).
"""

from __future__ import annotations

from typing import Any

TEXT = {"type": "string"}
TRUTH = {"type": "boolean"}
COUNT = {"type": "integer", "minimum": 0}
TEXTS = {"type": "object", "additionalProperties": TEXT}
OPEN = {"type": "object"}  # judged by the schemas of Kubernetes


def one_of(*values: str) -> dict[str, Any]:
    return {"enum": list(values)}


def table(needed: tuple[str, ...] = (), **members: Any) -> dict[str, Any]:
    return {"type": "object", "properties": members, "required": list(needed), "additionalProperties": False}


AUTHENTICATION = table(mode=one_of("disabled", "token"), secretName=TEXT, enableK8sTokenAuth=TRUTH)
AUTOSCALER = table(
    resources=OPEN,
    image=TEXT,
    imagePullPolicy=TEXT,
    securityContext=OPEN,
    idleTimeoutSeconds=COUNT,
    upscalingMode=one_of("Default", "Aggressive", "Conservative"),
    version=one_of("v1", "v2"),
    env={"type": "array"},
    envFrom={"type": "array"},
    volumeMounts={"type": "array"},
)
HEAD = table(
    ("rayStartParams", "template"),
    template=OPEN,
    headService=OPEN,
    enableIngress=TRUTH,
    resources=TEXTS,
    labels=TEXTS,
    rayStartParams=TEXTS,
    serviceType=one_of("ClusterIP", "NodePort", "LoadBalancer"),
)
GROUP = table(
    ("groupName", "minReplicas", "maxReplicas", "rayStartParams", "template"),
    suspend=TRUTH,
    groupName=TEXT,
    replicas=COUNT,
    minReplicas=COUNT,
    maxReplicas=COUNT,
    idleTimeoutSeconds=COUNT,
    resources=TEXTS,
    labels=TEXTS,
    rayStartParams=TEXTS,
    template=OPEN,
    scaleStrategy=table(workersToDelete={"type": "array", "items": TEXT}),
    numOfHosts=COUNT,
)
SPEC = table(
    ("headGroupSpec",),
    upgradeStrategy=table(type=one_of("Recreate", "None")),
    authOptions=AUTHENTICATION,
    suspend=TRUTH,
    managedBy=TEXT,
    autoscalerOptions=AUTOSCALER,
    headServiceAnnotations=TEXTS,
    enableInTreeAutoscaling=TRUTH,
    gcsFaultToleranceOptions=OPEN,
    headGroupSpec=HEAD,
    rayVersion=TEXT,
    workerGroupSpecs={"type": "array", "items": GROUP},
)
SCHEMA = table(
    ("apiVersion", "kind", "metadata", "spec"),
    apiVersion={"const": "ray.io/v1"},
    kind={"const": "RayCluster"},
    metadata=OPEN,
    spec=SPEC,
)
