"""The pictures of Kubernetes: the architecture of the course notes."""

from __future__ import annotations

from functools import partial

from k8sedu.course.figures import Draw, titled
from k8sedu.kube.views import architecture_film
from k8sedu.stage.svg import still


def architecture(language: str) -> str:
    """The whole way of a Deployment, with the number of each step."""
    film = architecture_film(language=language)
    return still(film.frames[-1].scene, title=film.title, language=language)


FIGURES: dict[str, Draw] = {
    "kube-architecture.svg": titled("Kubernetes: all speak with the API server, and only it speaks with etcd", partial(architecture, "en")),
    "kube-architecture-zh.svg": titled("Kubernetes 架构：所有组件只和 API server 打交道，只有它访问 etcd", partial(architecture, "zh")),
}
"""File name → figure."""
