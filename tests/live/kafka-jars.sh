#!/bin/sh
# Copies Apache Kafka's jars into the cache, once, and prints the folder: kafka-jars.sh
# Exit status 3 where Java or Maven is missing or its repository is out of reach; why stands on standard error.
set -eu
version=3.9.1
cache=${GOLDHOUR_CACHE:-$HOME/.cache/goldhour}
jars=$cache/kafka-$version

for tool in java mvn; do
  command -v "$tool" >/dev/null || { echo "$tool is missing" >&2; exit 3; }
done
if [ ! -e "$jars/complete" ]; then
  mkdir -p "$cache"
  work=$(mktemp -d "$cache/kafka.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  cat >"$work/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>goldhour</groupId><artifactId>kafka-jars</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$version</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
POM
  timeout 180 mvn -q -B -ntp -f "$work/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$work/jars" >"$work/log" 2>&1 || {
    echo "Kafka's jars could not be fetched: $(grep -m 1 ERROR "$work/log" || echo 'timed out')" >&2
    exit 3
  }
  [ -e "$jars" ] || mv "$work/jars" "$jars"
  : >"$jars/complete"
fi
echo "$jars"
