import { valibotResolver } from '@hookform/resolvers/valibot'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useForm } from 'react-hook-form'
import * as v from 'valibot'
import type { Session } from '../../api/types'
import { Button } from '../../ui/button'
import { Input } from '../../ui/field'
import { Notice } from '../../ui/notice'
import { ProblemNotice } from '../../ui/problem-notice'
import { Entrance } from './entrance'

const Form = v.object({
  email: v.pipe(v.string(), v.trim(), v.email()),
  password: v.pipe(v.string(), v.nonEmpty()),
})

export type SignInValues = v.InferOutput<typeof Form>

interface SignInProps {
  /** The session that was here has ended by itself. */
  expired: boolean
  signIn: (values: SignInValues) => Promise<Session>
  onSession: (session: Session) => void
  elsewhere: ReactNode
}

export function SignIn({ expired, signIn, onSession, elsewhere }: SignInProps) {
  const { t } = useLingui()
  const form = useForm({
    resolver: valibotResolver(Form),
    defaultValues: { email: '', password: '' },
  })
  const { errors } = form.formState
  const call = useMutation({ mutationFn: signIn, onSuccess: onSession })
  return (
    <Entrance title={<Trans>Sign in</Trans>} elsewhere={elsewhere}>
      <form
        noValidate
        className="grid gap-4"
        onSubmit={form.handleSubmit(values => call.mutate(values))}
      >
        {expired && !call.isError && (
          <Notice title={<Trans>Your session has ended. Sign in to go on.</Trans>} />
        )}
        {call.isError && (
          <ProblemNotice title={<Trans>Signing in did not work</Trans>} thrown={call.error} />
        )}
        <Input
          {...form.register('email')}
          type="email"
          autoComplete="username"
          label={<Trans>E-mail</Trans>}
          error={errors.email && t`Write an e-mail address, such as you@example.org.`}
        />
        <Input
          {...form.register('password')}
          type="password"
          autoComplete="current-password"
          label={<Trans>Password</Trans>}
          error={errors.password && t`Write your password.`}
        />
        <Button type="submit" look="primary" busy={call.isPending}>
          <Trans>Sign in</Trans>
        </Button>
      </form>
    </Entrance>
  )
}
