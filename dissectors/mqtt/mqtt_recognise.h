/* SPDX-License-Identifier: ISC */
/* Is it MQTT? Also the numbers of its packets. */
#ifndef DISSECTORS_MQTT_RECOGNISE_H
#define DISSECTORS_MQTT_RECOGNISE_H

#include "dissectors/dissector.h"

enum mqtt_type {
	MQTT_CONNECT = 1,
	MQTT_CONNACK,
	MQTT_PUBLISH,
	MQTT_PUBACK,
	MQTT_PUBREC,
	MQTT_PUBREL,
	MQTT_PUBCOMP,
	MQTT_SUBSCRIBE,
	MQTT_SUBACK,
	MQTT_UNSUBSCRIBE,
	MQTT_UNSUBACK,
	MQTT_PINGREQ,
	MQTT_PINGRESP,
	MQTT_DISCONNECT,
	MQTT_AUTH,
};

enum recognised mqtt_recognise(const struct opening *opening);

#endif
