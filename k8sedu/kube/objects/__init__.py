"""The objects of the API as small frozen values.

Read in this order:

1. `meta`: names, labels, owners, versions, and selectors of labels
2. `pod`, `affinity`: pods, and where they want to run
3. `cluster`: nodes, namespaces, priorities, leases, events, plain data
4. `storage`: volumes and claims; disruption budgets
5. `workloads`: those who make pods
6. `service`: one address for many pods
7. `kinds`: from a kind's name to its class

>>> from k8sedu.kube.objects import Container, ObjectMeta, Pod, PodSpec
>>> pod = Pod(metadata=ObjectMeta(name="web"), spec=PodSpec(containers=(Container(name="c", image="nginx:1.29"),)))
>>> pod.document()
{'apiVersion': 'v1', 'kind': 'Pod', 'metadata': {'name': 'web'}, 'spec': {'containers': [{'name': 'c', 'image': 'nginx:1.29'}]}}
"""

from k8sedu.kube.objects.affinity import (
    Affinity,
    NodeAffinity,
    NodeSelector,
    NodeSelectorRequirement,
    NodeSelectorTerm,
    PodAffinity,
    PodAffinityTerm,
    PodAntiAffinity,
    PreferredSchedulingTerm,
    Taint,
    Toleration,
    TopologySpreadConstraint,
    WeightedPodAffinityTerm,
)
from k8sedu.kube.objects.cluster import (
    ConfigMap,
    ContainerImage,
    Event,
    Lease,
    LeaseSpec,
    Namespace,
    NamespaceStatus,
    Node,
    NodeSpec,
    NodeStatus,
    ObjectReference,
    PriorityClass,
    Secret,
    ServiceAccount,
)
from k8sedu.kube.objects.meta import (
    ApiObject,
    Condition,
    IntOrString,
    LabelSelector,
    LabelSelectorRequirement,
    ObjectMeta,
    OwnerReference,
)
from k8sedu.kube.objects.pod import (
    Container,
    ContainerPort,
    ContainerState,
    ContainerStatus,
    EnvVar,
    Pod,
    PodSchedulingGate,
    PodSpec,
    PodStatus,
    PodTemplateSpec,
    Probe,
    ResourceRequirements,
    Volume,
    VolumeMount,
)
from k8sedu.kube.objects.service import (
    Endpoint,
    EndpointPort,
    Endpoints,
    EndpointSlice,
    Ingress,
    NetworkPolicy,
    Service,
    ServicePort,
    ServiceSpec,
)
from k8sedu.kube.objects.storage import (
    CSINode,
    PersistentVolume,
    PersistentVolumeClaim,
    PersistentVolumeClaimSpec,
    PersistentVolumeSpec,
    PodDisruptionBudget,
    PodDisruptionBudgetSpec,
    PodDisruptionBudgetStatus,
    StorageClass,
)
from k8sedu.kube.objects.workloads import (
    ControllerRevision,
    CronJob,
    CronJobSpec,
    DaemonSet,
    DaemonSetSpec,
    Deployment,
    DeploymentSpec,
    DeploymentStrategy,
    HorizontalPodAutoscaler,
    Job,
    JobSpec,
    ReplicaSet,
    ReplicaSetSpec,
    ReplicationController,
    RollingUpdate,
    StatefulSet,
    StatefulSetSpec,
    UpdateStrategy,
)

__all__ = [
    "Affinity", "ApiObject", "CSINode", "Condition", "ConfigMap", "Container", "ContainerImage", "ContainerPort", "ContainerState",
    "ContainerStatus", "ControllerRevision", "CronJob", "CronJobSpec", "DaemonSet", "DaemonSetSpec", "Deployment", "DeploymentSpec",
    "DeploymentStrategy", "Endpoint", "EndpointPort", "EndpointSlice", "Endpoints", "EnvVar", "Event", "HorizontalPodAutoscaler", "Ingress",
    "IntOrString", "Job", "JobSpec", "LabelSelector", "LabelSelectorRequirement", "Lease", "LeaseSpec", "Namespace", "NamespaceStatus",
    "NetworkPolicy", "Node", "NodeAffinity", "NodeSelector", "NodeSelectorRequirement", "NodeSelectorTerm", "NodeSpec", "NodeStatus",
    "ObjectMeta", "ObjectReference", "OwnerReference", "PersistentVolume", "PersistentVolumeClaim", "PersistentVolumeClaimSpec",
    "PersistentVolumeSpec", "Pod", "PodAffinity", "PodAffinityTerm", "PodAntiAffinity", "PodDisruptionBudget", "PodDisruptionBudgetSpec",
    "PodDisruptionBudgetStatus", "PodSchedulingGate", "PodSpec", "PodStatus", "PodTemplateSpec", "PreferredSchedulingTerm", "PriorityClass",
    "Probe", "ReplicaSet", "ReplicaSetSpec", "ReplicationController", "ResourceRequirements", "RollingUpdate", "Secret", "Service",
    "ServiceAccount", "ServicePort", "ServiceSpec", "StatefulSet", "StatefulSetSpec", "StorageClass", "Taint", "Toleration",
    "TopologySpreadConstraint", "UpdateStrategy", "Volume", "VolumeMount", "WeightedPodAffinityTerm",
]  # fmt: skip
