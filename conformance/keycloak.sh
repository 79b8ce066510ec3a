#!/bin/sh
# Prints where Keycloak's distribution is, and gets it first when it is not there. It stays in the user's own copy of
# Maven's repository, for every clone of this one.
set -eu

version=26.0.7
sum=25353b74613bcf72db67f8addbd88d832c705a69333091a16573d249d665fe21

repository="$HOME/.m2/repository"
zip="$repository/org/keycloak/keycloak-quarkus-dist/$version/keycloak-quarkus-dist-$version.zip"
if [ ! -e "$zip" ]; then
	mvn -B -q -Dmaven.repo.local="$repository" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:get \
		-Dartifact="org.keycloak:keycloak-quarkus-dist:$version:zip" -Dtransitive=false >&2
fi
echo "$sum  $zip" | sha256sum --check --quiet >&2
echo "$zip"
