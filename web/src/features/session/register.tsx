import { valibotResolver } from '@hookform/resolvers/valibot'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useForm } from 'react-hook-form'
import * as v from 'valibot'
import { asProblem, type FieldFault } from '../../api/problem'
import type { Registration, Session } from '../../api/types'
import { USUAL_COUNTRIES, USUAL_CURRENCIES } from '../../format/names'
import { useFormats } from '../../language/use-formats'
import { Button } from '../../ui/button'
import { Input, Select } from '../../ui/field'
import { ProblemNotice, sentence } from '../../ui/problem-notice'
import { Entrance } from './entrance'

const stated = v.pipe(v.string(), v.trim(), v.nonEmpty())

const Form = v.object({
  name: stated,
  family_name: stated,
  email: v.pipe(v.string(), v.trim(), v.email()),
  password: v.pipe(v.string(), v.nonEmpty()),
  currency: stated,
  country: stated,
})

type FormValues = v.InferOutput<typeof Form>

interface RegisterProps {
  register: (values: Registration) => Promise<Session>
  onSession: (session: Session) => void
  elsewhere: ReactNode
}

export function Register({ register, onSession, elsewhere }: RegisterProps) {
  const { t } = useLingui()
  const formats = useFormats()
  const isMongolian = formats.conventions.language === 'mn'
  const form = useForm({
    resolver: valibotResolver(Form),
    defaultValues: {
      name: '',
      family_name: '',
      email: '',
      password: '',
      currency: isMongolian ? 'MNT' : 'AUD',
      country: isMongolian ? 'MN' : 'AU',
    },
  })
  const call = useMutation({ mutationFn: register, onSuccess: onSession })
  // How long a password must be is the server's rule; its words go under the field they are about.
  const faults = call.isError ? asProblem(call.error).faults.filter(isOfForm) : []
  const errorOf = (field: keyof FormValues, words: string) => {
    if (form.formState.errors[field]) return words
    const fault = faults.find(one => one.field === field)
    return fault && sentence(fault.detail)
  }
  const missing = t`This is needed.`
  return (
    <Entrance title={<Trans>Register a family</Trans>} elsewhere={elsewhere}>
      <form
        noValidate
        className="grid gap-4"
        onSubmit={form.handleSubmit(values => call.mutate(values))}
      >
        {call.isError && faults.length === 0 && (
          <ProblemNotice title={<Trans>Registering did not work</Trans>} thrown={call.error} />
        )}
        <div className="grid gap-4 sm:grid-cols-2">
          <Input
            {...form.register('name')}
            autoComplete="name"
            label={<Trans>Your name</Trans>}
            error={errorOf('name', missing)}
          />
          <Input
            {...form.register('family_name')}
            autoComplete="off"
            label={<Trans>The family's name</Trans>}
            error={errorOf('family_name', missing)}
          />
        </div>
        <Input
          {...form.register('email')}
          type="email"
          autoComplete="username"
          label={<Trans>E-mail</Trans>}
          error={errorOf('email', t`Write an e-mail address, such as you@example.org.`)}
        />
        <Input
          {...form.register('password')}
          type="password"
          autoComplete="new-password"
          label={<Trans>Password</Trans>}
          hint={
            <Trans>
              At least 10 characters: several words that nobody else would put together.
            </Trans>
          }
          error={errorOf('password', missing)}
        />
        <div className="grid gap-4 sm:grid-cols-2">
          <Select
            {...form.register('country')}
            label={<Trans>Country</Trans>}
            error={errorOf('country', missing)}
          >
            {named(USUAL_COUNTRIES, formats.country).map(({ code, name }) => (
              <option key={code} value={code}>
                {name}
              </option>
            ))}
          </Select>
          <Select
            {...form.register('currency')}
            label={<Trans>Currency</Trans>}
            error={errorOf('currency', missing)}
          >
            {named(USUAL_CURRENCIES, formats.currency).map(({ code, name }) => (
              <option key={code} value={code}>
                {code} · {name}
              </option>
            ))}
          </Select>
        </div>
        <Button type="submit" look="primary" busy={call.isPending}>
          <Trans>Register</Trans>
        </Button>
      </form>
    </Entrance>
  )
}

function isOfForm({ field }: FieldFault): boolean {
  return field in Form.entries
}

function named(codes: readonly string[], name: (code: string) => string) {
  return codes.map(code => ({ code, name: name(code) })).sort((a, b) => (a.name < b.name ? -1 : 1))
}
