"""The way of a Deployment through Kubernetes, chapter by chapter: who speaks, what exists by then, and a sentence that says why.

A hop is named `from>to`. Where the first is the API server and the second is not etcd, it is an event of a watch: the API server answers a
question that was asked long ago, and calls nobody. That is the whole secret of the architecture.

Source: Kubernetes documentation, "Kubernetes Components" and "Communication between Nodes and the Control Plane".
Left out: the cloud controller manager, add-ons such as DNS, and what the API server asks a kubelet for (logs, exec).
"""

from __future__ import annotations

from typing import NamedTuple

from k8sedu.language import Words


class Chapter(NamedTuple):
    """One picture: hop → its stage, the objects that exist, the pods that run, and what is said."""

    kind: str
    actor: str
    hops: dict[str, int]
    objects: tuple[str, ...]
    pods: str
    """ "" there are none, then "pending", "bound", "running"."""
    said: Words


STAGES = (
    Words("kubectl asks for a Deployment", "kubectl 提交 Deployment"),
    Words("the API server stores it", "API server 存入 etcd"),
    Words("controllers create its pods", "控制器创建 Pod"),
    Words("the scheduler binds each pod", "调度器为 Pod 选定节点"),
    Words("the kubelet has it started", "kubelet 让容器跑起来"),
    Words("the kubelet reports its status", "kubelet 上报状态"),
    Words("kube-proxy learns where it is", "kube-proxy 得知地址"),
)
"""What a Deployment goes through, from 1 on."""

DEPLOYMENT, SET, SLICE = "Deployment", "ReplicaSet", "EndpointSlice"
ALL = (DEPLOYMENT, SET, "pods", SLICE)

WHOLE = {
    "kubectl>api": 1, "api>etcd": 2, "etcd>api": 0, "api>manager": 0, "manager>api": 3, "api>scheduler": 0, "scheduler>api": 4,
    "api>kubelet/n1": 0, "api>kubelet/n2": 0, "kubelet/n1>runtime/n1": 5, "kubelet/n2>runtime/n2": 5, "kubelet/n1>api": 6,
    "kubelet/n2>api": 6, "api>proxy/n1": 7, "api>proxy/n2": 7,
}  # fmt: skip
"""The whole way, for one picture."""

OVERVIEW = Chapter(
    "overview", "", {}, (), "",
    Words(
        "**All speak with the API server, and only it speaks with etcd.** No other two parts of the control plane know each other.",
        "**所有组件都只和 API server 打交道，只有它访问 etcd。** 控制平面的其他组件互不相识。",
    ),
)  # fmt: skip
EVERYTHING = Chapter(
    "whole", "", WHOLE, ALL, "running",
    Words(
        "**Nobody gives orders:** each part watches the API server, does its own step, and writes down what it has done.",
        "**没有人发号施令：** 每个组件都监听（watch）API server，做完自己的一步，再把结果写回去。",
    ),
)  # fmt: skip

CHAPTERS = (
    OVERVIEW,
    Chapter(
        "apply", "kubectl", {"kubectl>api": 1}, (), "",
        Words(
            "**kubectl sends a manifest.** The API server checks who asks, whether that is allowed, and whether the object is sound.",
            "**kubectl 提交一份清单（manifest）。** API server 先查是谁、有没有权限，再检查对象是否合法。",
        ),
    ),
    Chapter(
        "store", "API server", {"api>etcd": 2}, (DEPLOYMENT,), "",
        Words(
            "**The API server stores the object in etcd** and answers. Wished for is written down; nothing runs yet.",
            "**API server 把对象存入 etcd，** 然后答复。此刻只是记下了愿望，什么都还没有运行。",
        ),
    ),
    Chapter(
        "deployment", "controller manager", {"api>manager": 0, "manager>api": 3}, (DEPLOYMENT, SET), "",
        Words(
            "**The Deployment controller hears of it** through its watch and creates a ReplicaSet: so many pods of this template.",
            "**Deployment 控制器通过监听得知，** 于是创建 ReplicaSet：按这个模板维持这么多 Pod。",
        ),
    ),
    Chapter(
        "replicas", "controller manager", {"api>manager": 0, "manager>api": 3}, (DEPLOYMENT, SET, "pods"), "pending",
        Words(
            "**The ReplicaSet controller counts:** two are wanted, none is there. It creates two pods, which have no node yet.",
            "**ReplicaSet 控制器数一数：** 想要两个，现在一个也没有。它创建两个 Pod，都还没有节点。",
        ),
    ),
    Chapter(
        "bind", "scheduler", {"api>scheduler": 0, "scheduler>api": 4}, (DEPLOYMENT, SET, "pods"), "bound",
        Words(
            "**The scheduler sees pods without a node,** filters and scores the nodes, and binds: it writes one name into each pod.",
            "**调度器看到没有节点的 Pod，** 对节点过滤、打分，然后绑定（bind）：在每个 Pod 里写下一个节点名。",
        ),
    ),
    Chapter(
        "start", "kubelet",
        {"api>kubelet/n1": 0, "api>kubelet/n2": 0, "kubelet/n1>runtime/n1": 5, "kubelet/n2>runtime/n2": 5},
        (DEPLOYMENT, SET, "pods"), "bound",
        Words(
            "**Each kubelet watches for pods of its own node** and tells the container runtime, through the CRI, what to start.",
            "**每个 kubelet 只监听本节点的 Pod，** 并通过 CRI 告诉容器运行时该启动什么。",
        ),
    ),
    Chapter(
        "status", "kubelet", {"kubelet/n1>api": 6, "kubelet/n2>api": 6}, (DEPLOYMENT, SET, "pods"), "running",
        Words(
            "**The containers run, and the kubelets write that into the status.** Again and again: it is also a sign of life.",
            "**容器跑起来了，kubelet 把它写进 status。** 之后还会不断上报，这也是节点还活着的信号。",
        ),
    ),
    Chapter(
        "endpoints", "controller manager", {"api>manager": 0, "manager>api": 0}, ALL, "running",
        Words(
            "**Another controller lists the ready pods of a Service** in an EndpointSlice.",
            "**另一个控制器把 Service 背后已就绪的 Pod** 列进 EndpointSlice。",
        ),
    ),
    Chapter(
        "routes", "kube-proxy", {"api>proxy/n1": 7, "api>proxy/n2": 7}, ALL, "running",
        Words(
            "**Each kube-proxy hears of it** and writes rules into its node's kernel: what is sent to the Service reaches a pod.",
            "**每个 kube-proxy 得知后，** 在本节点内核里写好规则：发往 Service 的数据包会到达某个 Pod。",
        ),
    ),
    EVERYTHING,
)  # fmt: skip
"""The film, picture by picture."""
